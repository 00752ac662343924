/** Tells people that something waits for them. Never carries a task token. */
export interface Notify {
  send(subject: string, text: string): Promise<void>;
}
