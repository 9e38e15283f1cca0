/** Signing certificates for the loopback identity provider, with any period of validity. */
import { generate } from 'selfsigned';

export interface SamlKeys {
  privateKey: string;
  /** PEM. */
  certificate: string;
  /** Base64 of the DER form, as in SAML metadata. */
  der: string;
}

const DAY_MS = 86_400_000;

/** @param from and @param until days from now; negative values are in the past. */
export async function createSamlKeys({ from = -1, until = 365 } = {}): Promise<SamlKeys> {
  const { private: privateKey, cert: certificate } = await generate(
    [{ name: 'commonName', value: 'Loopback identity provider' }],
    {
      keySize: 2048,
      algorithm: 'sha256',
      notBeforeDate: new Date(Date.now() + from * DAY_MS),
      notAfterDate: new Date(Date.now() + until * DAY_MS),
    },
  );
  return { privateKey, certificate, der: certificate.replace(/-----[^-]+-----|\s/g, '') };
}
