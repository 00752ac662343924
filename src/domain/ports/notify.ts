/** Notifies operators that a decision is needed. Never contains a task token. */
export interface Notifier {
  send(subject: string, text: string): Promise<void>;
}
