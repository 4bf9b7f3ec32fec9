import MessageQueue
import TestSupport
import Testing

@testable import Delivery

/// Producers that take positions and commit in any order, against a reader with a cursor.
private struct LaneModel {
    struct Transaction {
        let id: UInt64
        var positions: [Int64] = []
    }

    var nextTransaction: UInt64 = 100
    var nextPosition: Int64 = 1
    var running: [Transaction] = []
    var visible: Set<Int64> = []
    var taken: Set<Int64> = []

    var snapshot: Snapshot {
        let ids = running.map(\.id).sorted()
        return Snapshot(
            oldestRunning: ids.first ?? nextTransaction, nextToBegin: nextTransaction, running: ids)
    }

    mutating func step(using generator: inout SplitMix64) {
        switch Int.random(in: 0..<5, using: &generator) {
        case 0:
            running.append(Transaction(id: nextTransaction))
            nextTransaction += 1
        case 1, 2:
            guard let index = running.indices.randomElement(using: &generator) else { return }
            running[index].positions.append(nextPosition)
            nextPosition += Int64.random(in: 1...3, using: &generator)
        default:
            guard let index = running.indices.randomElement(using: &generator) else { return }
            let transaction = running.remove(at: index)
            if Int.random(in: 0..<4, using: &generator) > 0 {
                visible.formUnion(transaction.positions)
                taken.formUnion(transaction.positions)
            }
        }
    }
}

@Suite struct LaneCursorTests {
    @Test(arguments: 0..<40)
    func `no row is missed, whatever the order of commits`(round: Int) {
        let seed = SplitMix64.seed(round)
        var generator = SplitMix64(seed: seed)
        var model = LaneModel()
        var cursor = LaneCursor(position: 0)
        var seen: Set<Int64> = []
        var gap: LaneCursor.Gap?
        for _ in 0..<400 {
            for _ in 0..<Int.random(in: 0..<6, using: &generator) {
                model.step(using: &generator)
            }
            read(&cursor, &gap, model, &seen, limit: Int.random(in: 1...4, using: &generator))
            let floor = min(cursor.floor, gap?.after ?? .max)
            let missed = model.visible.filter { $0 <= floor && !seen.contains($0) }
            #expect(missed.isEmpty, "seed \(seed): the floor passed unread rows")
        }
        while !model.running.isEmpty { model.step(using: &generator) }
        for _ in 0..<1000 { read(&cursor, &gap, model, &seen, limit: 4) }
        #expect(seen == model.visible, "seed \(seed)")
        #expect(!cursor.isWaiting, "seed \(seed)")
        #expect(cursor.floor == (model.visible.max() ?? 0), "seed \(seed)")
    }

    private func read(
        _ cursor: inout LaneCursor, _ gap: inout LaneCursor.Gap?, _ model: LaneModel,
        _ seen: inout Set<Int64>, limit: Int
    ) {
        if let open = gap {
            seen.formUnion(model.visible.filter { $0 > open.after && $0 <= open.through })
            gap = nil
        }
        let fresh = model.visible.filter { $0 > cursor.position }.sorted().prefix(limit)
        seen.formUnion(fresh)
        if let found = cursor.didRead(through: fresh.last, in: model.snapshot) {
            gap = LaneCursor.Gap(
                after: min(found.after, gap?.after ?? found.after),
                through: max(found.through, gap?.through ?? found.through))
        }
    }

    @Test func `while a transaction runs, nothing is read twice`() {
        var cursor = LaneCursor(position: 10)
        let running = Snapshot(oldestRunning: 5, nextToBegin: 9, running: [5])
        #expect(cursor.didRead(through: 20, in: running) == nil)
        #expect(cursor.didRead(through: 30, in: running) == nil)
        #expect(cursor.floor == 10)
        #expect(cursor.position == 30)
    }

    @Test func `when it ends, the stretch from its floor is read once more`() {
        var cursor = LaneCursor(position: 10)
        _ = cursor.didRead(
            through: 20, in: Snapshot(oldestRunning: 5, nextToBegin: 9, running: [5]))
        let gap = cursor.didRead(
            through: 25, in: Snapshot(oldestRunning: 9, nextToBegin: 9, running: []))
        #expect(gap == LaneCursor.Gap(after: 10, through: 20))
        #expect(cursor.floor == 25)
    }
}
