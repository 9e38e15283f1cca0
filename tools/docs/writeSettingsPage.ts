/** Writes docs/settings.md; part of `npm run generate`. */
import { writeFile } from 'node:fs/promises';
import { SETTING_SCHEMAS } from '#config';
import { settingsPage } from './settingsPage.ts';

const PAGE = 'docs/settings.md';
await writeFile(PAGE, settingsPage(SETTING_SCHEMAS));
console.log(`wrote ${PAGE}`);
