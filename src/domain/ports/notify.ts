/** Tells people that something waits for them. Never carries a task token. */
export interface Notifier {
  send(subject: string, text: string): Promise<void>;
}
