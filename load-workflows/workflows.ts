/** The load workflows: the entry of the hosts' prebuilt bundle. */
export { childWorkflow } from './child-workflow';
export { multiActivity } from './multi-activity';
export { simple } from './simple';
export { stateTransitions } from './state-transitions';
export { timer } from './timer';
export { continuing } from './continue-as-new';
export { idle } from './idle';
export { localActivities } from './local-activities';
export { queried, signalled, updated } from './messages';
export { payload } from './payload';
export { retry } from './retry';
