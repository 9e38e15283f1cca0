/** k6 has a console, which its types do not tell of. */
declare const console: {
  log(message: string): void;
  warn(message: string): void;
};
