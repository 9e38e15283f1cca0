/** Alerts that no scenario raises, each with the reason. */
export const UNPROVED: Readonly<Record<string, string>> = {};
