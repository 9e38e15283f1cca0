/**
 * `react-custom-scrollbars-2` as Grafana's components expect it: the bundler gives an ES module
 * the whole CommonJS module as its default, and they want the default inside.
 */
// The path is that of the package, past the alias which leads here.
// @ts-expect-error: the package declares its name, not this path
import * as scrollbars from '../node_modules/react-custom-scrollbars-2/lib/index.js';

export default scrollbars.Scrollbars;
