/** Says why Supabase Auth gave no answer. */
import { tlsFailure } from './tlsFailure.ts';

const SETTINGS = { authorities: 'NODE_EXTRA_CA_CERTS', host: 'SUPABASE_URL' };

/** @param error of fetch, or with the text of what caused it. */
export function supabaseSilence(error: unknown): string {
  const tls = tlsFailure(error, SETTINGS);
  return tls ? `Supabase Auth’s TLS failed: ${tls}` : 'Supabase Auth does not answer';
}
