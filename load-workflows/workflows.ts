/** The load workflows: the entry of the hosts' prebuilt bundle. */
export { childWorkflow } from './child-workflow';
export { multiActivity } from './multi-activity';
export { simple } from './simple';
export { stateTransitions } from './state-transitions';
export { timer } from './timer';
