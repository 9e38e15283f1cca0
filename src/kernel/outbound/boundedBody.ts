/** Reads the body of an HTTP answer up to a size. */

/** The text; undefined when it is longer, and then the rest is not read. @throws as `fetch`. */
export async function boundedText(
  { body }: Response,
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
