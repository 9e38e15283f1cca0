/** Common parts of mails: escaping, and the page around the paragraphs. */
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

/** Escapes values for HTML: they come from requests and must not become markup. */
export const escapeHtml = (value: string): string =>
  value.replace(/[&<>"']/g, (char) => ENTITIES[char]!);

/** Removes line breaks: in a header, a line break would begin another header. */
export const oneLine = (value: string): string => value.replace(/[\r\n]+/g, ' ');

export const page = (paragraphs: string[]): string =>
  `<!doctype html><html lang="en"><body style="font-family: sans-serif; line-height: 1.5">${paragraphs
    .map((paragraph) => `<p>${paragraph}</p>`)
    .join('')}</body></html>`;
