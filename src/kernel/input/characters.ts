/**
 * Which characters a line of text may contain. It follows PRECIS (RFC 8264, FreeformClass) where
 * Unicode property escapes can express it: NFC, one kind of space, nothing invisible.
 */

/**
 * Controls (C0, C1), lone surrogates, line and paragraph separators, private use, noncharacters,
 * and everything that is not displayed: zero width, soft hyphens, direction overrides, tags.
 */
const FORBIDDEN =
  /[\p{Cc}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}\p{Default_Ignorable_Code_Point}\u2800\ufff9-\ufffc]/u;
const CONTROL = /[\p{Cc}\p{Zl}\p{Zp}]/u;
/** Scripts of India and their neighbours join letters with these signs. */
const VIRAMA = '\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca\u1039';
/**
 * Invisible characters that some scripts need: joiners (RFC 5892, appendix A; Persian, Hindi), and
 * variants of Chinese and Japanese characters, which occur in names.
 */
const NEEDED = new RegExp(
  `(?<=\\p{Script=Arabic})\\u200c(?=\\p{Script=Arabic})|(?<=[${VIRAMA}])[\\u200c\\u200d]|(?<=\\p{Ideographic})[\\ufe00-\\ufe0f\\u{e0100}-\\u{e01ef}]`,
  'gu',
);
/** Letters of every script carry fewer marks; more of them cover other lines. */
const STACKED_MARKS = /\p{M}{7}/u;
/** A mark without a letter joins whatever stands before it, in a mail or in a list. */
const LEADING_MARK = /^\p{M}/u;
const BYTE_ORDER_MARK = /^\ufeff|\ufeff$/g;

/** The text as it is compared and stored: composed (NFC), trimmed, with plain spaces. */
export const tidyText = (value: string): string =>
  value
    .normalize('NFC')
    .replace(BYTE_ORDER_MARK, '')
    .replace(/\p{Zs}/gu, ' ')
    .trim();

/** @returns why a line must not contain these characters; undefined when it may. */
export function characterProblem(value: string): string | undefined {
  if (!value.isWellFormed()) return 'must be well-formed Unicode';
  if (CONTROL.test(value)) return 'must not contain control characters';
  if (FORBIDDEN.test(value.replace(NEEDED, ''))) return 'must not contain invisible characters';
  if (LEADING_MARK.test(value)) return 'must not begin with a mark';
  return STACKED_MARKS.test(value) ? 'must not stack marks on a letter' : undefined;
}

/** Length in UTF-8, by which mail and DNS limit their names. */
export const octetsOf = (value: string): number => new TextEncoder().encode(value).length;
