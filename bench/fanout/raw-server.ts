// The reference: uWebSockets.js alone, publishing the same bytes again and again.

import uWS from 'uWebSockets.js';
import { serve } from './subject.ts';

const app = uWS.App();

serve({
  /** Every socket follows so many topics; `0` is the one that is published to. */
  open(topics: number): Promise<number> {
    app.ws('/ws', {
      maxBackpressure: 1024 * 1024,
      closeOnBackpressureLimit: 1,
      idleTimeout: 60,
      open: (ws) => {
        for (let n = 0; n < topics; n++) ws.subscribe(`c:${String(n).padStart(12, '0')}`);
        ws.send('open');
      },
      message: () => {},
    });
    return new Promise((resolve) => {
      app.listen('127.0.0.1', 0, (socket) => resolve(socket === false ? -1 : uWS.us_socket_local_port(socket)));
    });
  },
  publish(count: number, text: string): void {
    for (let n = 0; n < count; n++) app.publish('c:000000000000', text);
  },
});
