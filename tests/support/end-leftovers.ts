import { endLeftoversAfterTests } from './leftovers';

endLeftoversAfterTests();
