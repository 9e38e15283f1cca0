/** k6 has a console that its types do not declare. */
declare const console: {
  log(message: string): void;
  warn(message: string): void;
};
