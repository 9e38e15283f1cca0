/** Acts as the browser of a person who follows the link of a single sign-on test. */

const HTML_ENTITIES: Record<string, string> = {
  '&amp;': '&',
  '&quot;': '"',
  '&#x27;': "'",
  '&lt;': '<',
  '&gt;': '>',
};
const plain = (value: string) =>
  value.replace(/&(amp|quot|#x27|lt|gt);/g, (entity) => HTML_ENTITIES[entity]!);

const attribute = (tag: string, name: string) =>
  plain(new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1] ?? '');

/** Submits the only form of a page. */
async function submit(page: string, signal: AbortSignal | null): Promise<Response> {
  const fields = [...page.matchAll(/<input[^>]*>/g)]
    .map(([tag]): [string, string] => [attribute(tag, 'name'), attribute(tag, 'value')])
    .filter(([name]) => name !== '');
  const action = attribute(/<form[^>]*>/.exec(page)?.[0] ?? '', 'action');
  return fetch(action, { method: 'POST', body: new URLSearchParams(fields), signal });
}

/**
 * Follows a test link to its end.
 * @param signal gives up.
 * @returns the response of our callback, or of the link itself when the link is refused.
 */
export async function followTestLink(
  link: string,
  signal: AbortSignal | null = null,
): Promise<Response> {
  const begun = await fetch(link, { redirect: 'follow', signal });
  return begun.ok ? submit(await begun.text(), signal) : begun;
}
