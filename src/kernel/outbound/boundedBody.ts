/** Reads the body of an HTTP answer up to a size. */

/**
 * @param body of `fetch` or of `node:http`; null without one.
 * @returns the text; undefined when it is longer, and then the rest is not read.
 * @throws what reading the body throws.
 */
export async function boundedText(
  body: AsyncIterable<Uint8Array> | null,
  maxBytes: number,
): Promise<string | undefined> {
  if (!body) return '';
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
