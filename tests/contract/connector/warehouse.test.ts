import { adapter as local } from './files-local-adapter.ts';
import { adapter as s3 } from './files-s3-adapter.ts';
import { warehouseSuite } from './warehouses.ts';

warehouseSuite(local);
warehouseSuite(s3);
