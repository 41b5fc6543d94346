/** The program `longshore`. */
import { enableCompileCache } from 'node:module';

// Compiled (and stripped) sources are kept beside the packages: half the start-up time and some
// 15 MB less memory. Never in the shared temporary folder, where others could plant code.
enableCompileCache(new URL('../node_modules/.cache/longshore', import.meta.url).pathname);
const { runCli } = await import('./cli/program.ts');

process.exitCode = await runCli(process.argv.slice(2));
