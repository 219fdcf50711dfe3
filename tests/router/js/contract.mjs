// The router through the npm driver: prints one line for each check, exits 1 at the first that fails.
import assert from "node:assert/strict";
import { MongoClient } from "mongodb";

const client = new MongoClient(process.env.MONGO_URI, { serverSelectionTimeoutMS: 10000 });
const name = `js_${process.pid}`;
const db = client.db(name);

async function check(title, body) {
  await body();
  console.log(`ok ${title}`);
}

async function refused(code, body) {
  await assert.rejects(body, (error) => {
    assert.equal(error.code, code);
    return true;
  });
}

const admin = client.db("admin");
try {
  await admin.command({ enableSharding: name, primaryShard: "sa" });
  await admin.command({ shardCollection: `${name}.c`, key: { k: 1 } });
  await admin.command({ split: `${name}.c`, middle: { k: 0 } });
  await admin.command({ moveChunk: `${name}.c`, find: { k: 1 }, to: "sb", _waitForDelete: true });
  const c = db.collection("c");

  await check("hello", async () => assert.equal((await admin.command({ hello: 1 })).msg, "isdbgrid"));
  await check("crud", async () => {
    const documents = Array.from({ length: 200 }, (_, n) => ({ _id: n, k: n - 100, v: n % 3 }));
    assert.equal((await c.insertMany(documents)).insertedCount, 200);
    assert.equal((await c.updateMany({ v: 1 }, { $inc: { x: 1 } })).modifiedCount, 67);
    assert.equal((await c.updateOne({ k: 5 }, { $set: { y: 1 } })).modifiedCount, 1);
    assert.equal((await c.findOneAndUpdate({ k: 5 }, { $inc: { y: 1 } }, { returnDocument: "after" })).y, 2);
    assert.equal(await c.countDocuments({ x: 1 }), 67);
    assert.deepEqual(await c.distinct("v"), [0, 1, 2]);
  });
  await check("cursors", async () => {
    const found = await c.find().sort({ k: -1 }).batchSize(7).toArray();
    assert.deepEqual(found.map((d) => d.k), Array.from({ length: 200 }, (_, n) => 99 - n));
    const grouped = await c.aggregate([{ $group: { _id: "$v", n: { $sum: 1 } } }, { $sort: { _id: 1 } }]).toArray();
    assert.deepEqual(grouped.map((g) => g.n), [67, 67, 66]);
    const open = c.find().batchSize(2);
    await open.next();
    await open.close();
  });
  await check("bulk", async () => {
    const result = await c.bulkWrite([
      { insertOne: { document: { _id: "b", k: -500 } } },
      { updateOne: { filter: { k: 500 }, update: { $set: { z: 1 } }, upsert: true } },
      { deleteMany: { filter: { k: { $in: [-500, 500] } } } },
    ]);
    assert.deepEqual([result.insertedCount, result.upsertedCount, result.deletedCount], [1, 1, 2]);
    await refused(11000, () => c.insertMany([{ _id: 1, k: -99 }]));
  });
  await check("transactions", async () => {
    await client.withSession((session) =>
      session.withTransaction(async () => {
        await c.updateOne({ k: -1 }, { $inc: { n: -5 } }, { session });
        await c.updateOne({ k: 1 }, { $inc: { n: 5 } }, { session });
        assert.equal(await c.countDocuments({ n: { $exists: true } }, { session }), 2);
      }),
    );
    assert.equal((await c.findOne({ k: 1 })).n, 5);
  });
  await check("change stream", async () => {
    const stream = c.watch();
    const first = stream.next();
    await new Promise((done) => setTimeout(done, 300));
    await c.insertOne({ _id: "w", k: 1000 });
    assert.equal((await first).fullDocument.k, 1000);
    await stream.close();
  });
  await check("errors", async () => {
    await refused(59, () => db.command({ nope: 1 }));
    await refused(61, () => c.findOneAndDelete({ v: 1 }));
    await refused(40324, () => c.aggregate([{ $nope: 1 }]).toArray());
  });
} finally {
  await db.dropDatabase();
  await client.close();
}
