/** The load workflows: the entry of the hosts' prebuilt bundle. */
export { simple } from './simple';
