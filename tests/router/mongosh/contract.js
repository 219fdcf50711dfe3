// The router through MongoDB's shell: prints one line for each check, exits 1 at the first that fails.
// The shell's arrays have prototypes of their own, which the strict deepEqual would compare.
const assert = require("node:assert");

const name = `mongosh_${process.pid}`;
const c = db.getSiblingDB(name).c;

function check(title, body) {
  body();
  print(`ok ${title}`);
}

function refused(code, body) {
  let found = null; // assert.throws is no function of the shell: it would not wait for the body
  try {
    body();
  } catch (error) {
    found = error.code;
  }
  assert.strictEqual(found, code);
}

try {
  check("sharding", () => {
    sh.enableSharding(name, "sa");
    sh.shardCollection(`${name}.c`, { k: 1 });
    sh.splitAt(`${name}.c`, { k: 0 });
    sh.moveChunk(`${name}.c`, { k: 1 }, "sb");
    assert.strictEqual(c.getShardDistribution().constructor.name, "CommandResult");
    assert.strictEqual(sh.status().value.shards.length, 2);
  });
  check("crud", () => {
    const documents = Array.from({ length: 200 }, (_, n) => ({ _id: n, k: n - 100, v: n % 3 }));
    assert.strictEqual(Object.keys(c.insertMany(documents).insertedIds).length, 200);
    assert.strictEqual(c.updateMany({ v: 1 }, { $inc: { x: 1 } }).modifiedCount, 67);
    assert.strictEqual(c.countDocuments({ x: 1 }), 67);
    assert.deepEqual(c.distinct("v"), [0, 1, 2]);
    assert.strictEqual(c.find().sort({ k: -1 }).batchSize(7).toArray()[199].k, -100);
    assert.strictEqual(c.bulkWrite([{ deleteMany: { filter: { v: 2 } } }]).deletedCount, 66);
  });
  check("explain", () => {
    const { queryPlanner } = c.find({ k: 5 }).explain();
    assert.strictEqual(queryPlanner.winningPlan.stage, "SINGLE_SHARD");
  });
  check("transaction", () => {
    const session = db.getMongo().startSession();
    const inside = session.getDatabase(name).c;
    session.startTransaction();
    inside.updateOne({ k: -1 }, { $inc: { n: -5 } });
    inside.updateOne({ k: 2 }, { $inc: { n: 5 } });
    assert.strictEqual(c.countDocuments({ n: { $exists: true } }), 0);
    session.commitTransaction();
    session.endSession();
    assert.deepEqual(c.find({ n: { $exists: true } }).sort({ k: 1 }).map((d) => d.n).toArray(), [-5, 5]);
  });
  check("errors", () => {
    refused(11000, () => c.insertOne({ _id: 0, k: -100 }));
    refused(59, () => db.runCommand({ nope: 1 }));
    refused(40324, () => c.aggregate([{ $nope: 1 }]).toArray());
  });
} finally {
  db.getSiblingDB(name).dropDatabase();
}
