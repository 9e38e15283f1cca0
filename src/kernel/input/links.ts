/** Finds what mail programs turn into links. */

/** A scheme, or a name that begins with www. */
const ADDRESS =
  /(?:[a-z][a-z0-9+.-]*:\/\/)|(?:\bwww\.\S)|(?:\b(?:mailto|tel|javascript|data):\S)/iu;
/** A host with a path or a port, as `evil.example/login`. */
const WITH_PATH = /[\p{L}\p{N}-]+\.\p{L}{2,}(?::\d+|\/\S)/u;
/** Common top-level domains: other words after a dot, as in `St.John`, do not become links. */
const HOST =
  /[\p{L}\p{N}-]+\.(?:com|net|org|info|biz|io|co|me|app|dev|xyz|online|site|shop|top|link|click|live|ru|cn|de|uk|eu|us|ai)(?![\p{L}\p{N}])/iu;

/** Full-width letters and dots are read as plain ones by some programs. */
const plain = (text: string): string => text.normalize('NFKC');

export const hasAddress = (text: string): boolean =>
  ADDRESS.test(plain(text)) || WITH_PATH.test(plain(text));

/** Hosts and e-mail addresses too, which mail programs turn into links without a scheme. */
export const hasLink = (text: string): boolean =>
  hasAddress(text) || HOST.test(plain(text)) || plain(text).includes('@');
