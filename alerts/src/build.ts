/** `npm run alerts:build`: writes the rules and their tests into `alerts/`. */
import { writeFiles } from './generatedFiles.ts';

console.log(`alerts: wrote ${await writeFiles()} files`);
