/**
 * Gives `react-custom-scrollbars-2` the export that Grafana's components expect: the bundler
 * exports the whole CommonJS module as the default, and they need its property `default`.
 */
// The file's path, because the package name is an alias of this module.
// @ts-expect-error: the package declares its name, not this path
import * as scrollbars from '../node_modules/react-custom-scrollbars-2/lib/index.js';

export default scrollbars.Scrollbars;
