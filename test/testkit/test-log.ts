export type LogLine = { readonly level: string; readonly fields: object; readonly message: string };

/** Keeps what is logged. */
export class TestLog {
  readonly lines: LogLine[] = [];

  debug(fields: object, message: string): void {
    this.lines.push({ level: 'debug', fields, message });
  }

  info(fields: object, message: string): void {
    this.lines.push({ level: 'info', fields, message });
  }

  warn(fields: object, message: string): void {
    this.lines.push({ level: 'warn', fields, message });
  }

  error(fields: object, message: string): void {
    this.lines.push({ level: 'error', fields, message });
  }

  /** Messages of a level that contain a text. */
  find(level: string, text: string): string[] {
    const found = this.lines.filter((line) => line.level === level && line.message.includes(text));
    return found.map(({ message }) => message);
  }
}
