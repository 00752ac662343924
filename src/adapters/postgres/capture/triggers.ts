/** Names of the triggers that capture puts on the application's tables. */
export const CAPTURE_TRIGGER = 'portage_capture';
export const TRUNCATE_TRIGGER = 'portage_truncate';
export const FENCE_TRIGGER = 'portage_fence';
