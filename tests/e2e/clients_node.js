// ioredis and node-redis, as their users write them: node clients_node.js PORT ioredis|redis FOLDER
const assert = require('assert')
const [port, which, folder] = process.argv.slice(2)
const load = name => require(require.resolve(name, {paths: [folder]}))
const version = name => load(name + '/package.json').version
setTimeout(() => { console.error('timed out'); process.exit(1) }, 30000).unref()

// A snapshot may be a tick old, so the rows may come with the delta behind it.
const hasRows = text => JSON.parse(text).rows.length >= 1

const common = async (command, name) => {
  assert.equal(await command('HUNT.JOIN', name, 'bay'), 'joined')
  assert.deepEqual(await command('HUNT.AWARD', name, 'bay', '5', 'ID', 'one'), ['applied', 5, 5, ''])
  assert.deepEqual(await command('HUNT.AWARD', name, 'bay', '5', 'ID', 'one'), ['applied', 5, 5, ''])
  const replies = await Promise.all([...Array(500).keys()].map(() => command('HUNT.AWARD', name, 'bay', '1')))
  assert.deepEqual(replies.map(r => r[2]), [...Array(500).keys()].map(i => i + 6))
  assert.equal((await command('HUNT.SUBMIT', name, 'bay', 'map', 'gold'))[0], 'correct')
  assert.equal((await command('BOARD.RANK', 'bay', name))[1], 605)
  assert.equal(await command('BOARD.RANK', 'bay', 'nobody'), null)
  assert(Array.isArray(await command('BOARD.TOP', 'bay')))
  await assert.rejects(command('HUNT.JOIN', name, 'nope'), /NOHUNT/)
}

const withIoredis = async () => {
  const Redis = load('ioredis')
  const client = new Redis({port: Number(port), maxRetriesPerRequest: 1})
  await common((...words) => client.call(...words), 'ivy')
  assert.equal(await client.ping(), 'PONG')
  const pipeline = client.pipeline()
  for (let i = 0; i < 100; i++) pipeline.call('BOARD.RANK', 'bay', 'ivy')
  for (const [error, reply] of await pipeline.exec()) assert(!error && reply[1] === 605)
  const feed = client.duplicate()
  const message = new Promise(resolve => feed.on('message', (channel, text) => hasRows(text) && resolve([channel, text])))
  await feed.subscribe('board:bay:main')
  const [channel, text] = await message
  assert(channel === 'board:bay:main' && hasRows(text))
  feed.disconnect()
  await client.quit()
  console.log('ioredis', version('ioredis'))
}

const withNodeRedis = async () => {
  const {createClient} = load('redis')
  for (const RESP of [2, 3]) {
    const client = createClient({url: `redis://127.0.0.1:${port}`, RESP})
    client.on('error', error => { console.error(error); process.exit(1) })
    await client.connect()
    await common((...words) => client.sendCommand(words), 'nora' + RESP)
    assert.equal(await client.ping(), 'PONG')
    const feed = client.duplicate()
    feed.on('error', error => { console.error(error); process.exit(1) })
    await feed.connect()
    await new Promise(resolve => feed.subscribe('board:bay:main', text => hasRows(text) && resolve(text)))
    await feed.close()
    await client.close()
  }
  console.log('node-redis', load('redis/package.json').version)
}

;(which === 'ioredis' ? withIoredis() : withNodeRedis()).then(() => process.exit(0), error => { console.error(error); process.exit(1) })
