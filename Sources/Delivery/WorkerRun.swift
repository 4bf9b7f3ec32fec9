import Foundation
import Logging
import MessageQueue
import NIOConcurrencyHelpers

/// The loops of one worker from start to drain.
final class WorkerRun: Sendable {
    let id: UUID
    let name: String
    let queue: MessageQueue
    let wakeUps: WakeUps?
    let courier: any Courier
    let destinations: [Int16]
    let settings: WorkerSettings
    let board: LaneBoard
    let settler: Settler
    let logger: Logger
    let wake = WakeSignal()
    let readWake = WakeSignal()
    private let draining = NIOLockedValueBox(false)

    init(
        id: UUID, name: String, queue: MessageQueue, wakeUps: WakeUps?,
        courier: any Courier, destinations: [Int16], settings: WorkerSettings, board: LaneBoard,
        settler: Settler, logger: Logger
    ) {
        self.id = id
        self.name = name
        self.queue = queue
        self.wakeUps = wakeUps
        self.courier = courier
        self.destinations = destinations
        self.settings = settings
        self.board = board
        self.settler = settler
        self.logger = logger
    }

    var isDraining: Bool { draining.withLockedValue { $0 } }

    /// Stop claiming, reading and starting deliveries; finish what is under way, give back the rest.
    func drain() {
        draining.withLockedValue { $0 = true }
        board.close()
        wake.signal()
        readWake.signal()
    }

    func run() async {
        logger.info("worker started", metadata: ["destinations": "\(destinations)"])
        await withDiscardingTaskGroup { background in
            for loop in [claimLoop, readLoop, renewLoop, permitLoop, upkeepLoop] {
                background.addTask { await loop() }
            }
            if let wakeUps {
                background.addTask { await wakeUps.run { self.wake.signal() } }
            }
            await deliverUntilClosed()
            await giveEverythingBack()
            background.cancelAll()
        }
        logger.info("worker stopped")
    }

    /// Returns when the board is closed, every slot has finished its message and every outcome has
    /// been recorded.
    private func deliverUntilClosed() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.settler.run() }
            await withDiscardingTaskGroup { slots in
                for destination in destinations {
                    for _ in 0..<settings.concurrency {
                        slots.addTask { await self.slotLoop(destination) }
                    }
                }
            }
            settler.finish()
        }
    }
}
