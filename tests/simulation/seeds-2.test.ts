import { simulationSuite } from './suite.ts';

simulationSuite(1_001, 1_000);
