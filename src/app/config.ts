/** Configuration's front door. One schema (`config/schema.ts`) is the source of everything. */
export { configurationPage } from './config/docs.ts';
export {
  ConfigError,
  loadConfig,
  printable,
  type ConfigInput,
  type LoadedConfig,
} from './config/load.ts';
export { configSchema, type Config, type FrozenConfig } from './config/schema.ts';
export { settings, type Setting } from './config/settings.ts';
