/** Parts of mails: escaping, and the page around the paragraphs. */
export interface MailContent {
  subject: string;
  text: string;
  html: string;
}

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Every value comes from a request: none may become markup. */
export const escapeHtml = (value: string): string =>
  value.replace(/[&<>"']/g, (char) => ENTITIES[char]!);

/** A header ends at a line break; a name must not begin another one. */
export const oneLine = (value: string): string => value.replace(/[\r\n]+/g, ' ');

export const page = (paragraphs: string[]): string =>
  `<!doctype html><html lang="en"><body style="font-family: sans-serif; line-height: 1.5">${paragraphs
    .map((paragraph) => `<p>${paragraph}</p>`)
    .join('')}</body></html>`;
