// An SMPP server that shares no code with Loa: the npm package `smpp`, with just enough around it to be a message
// centre. Prints its port, then one line of JSON per whole message; ends when standard input does.
'use strict';

const smpp = require('smpp');

const [systemId, password] = process.argv.slice(2);
const CONCATENATION_8_BIT = 0x00;
/** Parts of messages that are not whole yet, by sender, recipient and reference. */
const unfinished = new Map();
let ids = 0;

const server = smpp.createServer((session) => {
  for (const bind of ['bind_transceiver', 'bind_transmitter', 'bind_receiver']) {
    session.on(bind, (pdu) => {
      const known = pdu.system_id === systemId && pdu.password === password;
      session.send(pdu.response({ command_status: known ? smpp.ESME_ROK : smpp.ESME_RINVPASWD, system_id: 'INTEROP' }));
    });
  }
  session.on('enquire_link', (pdu) => session.send(pdu.response()));
  session.on('unbind', (pdu) => session.send(pdu.response(), () => session.close()));
  session.on('error', () => session.destroy());
  session.on('submit_sm', (pdu) => accept(session, pdu));
});

function accept(session, pdu) {
  // Letters too: not every centre counts.
  const id = `${(++ids).toString(16).padStart(8, '0')}-AF`;
  session.send(pdu.response({ message_id: id }));
  const { message, udh } = pdu.short_message;
  const header = (udh || []).find((element) => element[0] === CONCATENATION_8_BIT);
  const [reference, parts, part] = header ? header.subarray(2) : [0, 1, 1];
  const key = [pdu.source_addr, pdu.destination_addr, reference].join(' ');
  const texts = unfinished.get(key) || [];
  texts[part - 1] = message;
  unfinished.set(key, texts);
  if (texts.filter((text) => text !== undefined).length === parts) {
    unfinished.delete(key);
    const { source_addr: from, destination_addr: to, data_coding: coding } = pdu;
    console.log(JSON.stringify({ from, to, coding, parts, text: texts.join('') }));
  }
  if (pdu.registered_delivery & 1) {
    session.deliver_sm({
      source_addr: pdu.destination_addr,
      destination_addr: pdu.source_addr,
      esm_class: smpp.ESM_CLASS.MC_DELIVERY_RECEIPT,
      short_message: `id:${id} sub:001 dlvrd:001 submit date:${now()} done date:${now()} stat:DELIVRD err:000 text:`,
    });
  }
}

/** YYMMDDhhmm in Viet Nam's time. */
function now() {
  const shifted = new Date(Date.now() + 7 * 3600 * 1000);
  return shifted.toISOString().replace(/[-T:]/g, '').slice(2, 12);
}

process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
