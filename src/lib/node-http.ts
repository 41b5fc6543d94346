/**
 * Node's HTTP module, without the ES module around it. Importing 'node:http' reads all its members,
 * among them the classes of web sockets, and these load the whole of Node's `fetch`: 8 MB of memory
 * in every process that only wants to send a request.
 */
export const http = process.getBuiltinModule('node:http');
