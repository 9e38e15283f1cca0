/** Domain names, internationalized ones too (IDN). */

const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const MAX_DOMAIN_OCTETS = 253;
/** What a host name may contain before it is mapped: letters of any script, digits, hyphens, dots. */
const TYPED =
  /^(?:[\p{L}\p{M}\p{N}\p{Pd}\u00b7\u05f3\u05f4\u30fb.\u3002\uff0e\uff61]|\u200c|\u200d)+$/u;

/** Maps a name to lower-case ASCII as browsers do (UTS 46); undefined when it cannot be mapped. */
function mapped(name: string): string | undefined {
  const lower = name.toLowerCase();
  // URL reads numbers as an IPv4 address, so plain names do not pass through it.
  if (/^[a-z0-9.-]*$/.test(lower) && !/(?:^|\.)xn--/.test(lower)) return lower;
  return URL.canParse(`http://${name}`) ? new URL(`http://${name}`).hostname : undefined;
}

/** Hyphens in the third and fourth place are reserved (RFC 5891); `xn--` is in use. */
const isLabel = (label: string): boolean =>
  LABEL.test(label) && (!/^..--/.test(label) || label.startsWith('xn--'));

/**
 * @param typed a name as people write it; a final dot is allowed.
 * @returns the name as DNS encodes it (lower case, IDNs as punycode); undefined when it is no domain
 *   name with at least two labels.
 */
export function asciiDomain(typed: string): string | undefined {
  const name = typed
    .normalize('NFC')
    .trim()
    .replace(/[.\u3002\uff0e\uff61]$/u, '');
  if (!TYPED.test(name)) return undefined;
  const ascii = mapped(name);
  if (ascii === undefined || ascii.length > MAX_DOMAIN_OCTETS) return undefined;
  const labels = ascii.split('.');
  const isNumeric = /^\d+$/.test(labels.at(-1)!);
  return labels.length > 1 && !isNumeric && labels.every(isLabel) ? ascii : undefined;
}
