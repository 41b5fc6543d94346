// Two files, so that two cores share the seeds.
import { simulationSuite } from './suite.ts';

simulationSuite(1, 1_000);
