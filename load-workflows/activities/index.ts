/** The activities of all load workflows. */
export { echo } from './echo';
export { failUntil } from './fail';
export { noop } from './noop';
export { wait } from './wait';
