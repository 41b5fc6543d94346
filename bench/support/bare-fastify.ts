import fastify from 'fastify';

/** The limit that `accept` is held against: a Fastify route that answers the same request with nothing behind it. */
const app = fastify();
app.get('/pop/v1/sam/job/execJob', async () => ({
  RequestId: '67DD9A98-9CCC-5BE8-8C9E-B45E72F40A1B',
  Message: 'success',
  TraceId: '0b87b7e716575071334387401e0a1b',
  Data: {
    Data: 'manual-3db7a8fa-5d40-4edc-92e4-49d50eab0000',
    Msg: 'success',
    Success: 'true',
    Code: '200',
  },
  ErrorCode: '',
  Code: '200',
  Success: true,
}));
const address = await app.listen({ host: '127.0.0.1', port: 0 });
process.stdout.write(`${JSON.stringify({ url: address })}\n`);
process.on('disconnect', () => process.exit(0));
