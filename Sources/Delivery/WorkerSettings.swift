/// How a worker behaves. The defaults are for production.
package struct WorkerSettings: Sendable {
    /// How long a lane is leased. A dead worker's lanes are taken over after this.
    package var lease: Duration = .seconds(10)
    /// Deliveries under way at once, per destination.
    package var concurrency = 16
    /// Messages held in memory at once.
    package var openMax = 4000
    /// Messages read from one lane at once.
    package var readQuota = 500
    /// How many outcomes are recorded in one transaction.
    package var settleBatch = 1000
    /// How long an outcome waits for others to be recorded with.
    package var settleDelay: Duration = .milliseconds(2)
    /// How often busy lanes are looked at when the last look found nothing.
    package var pollInterval: Duration = .milliseconds(3)
    /// How often an idle worker looks for work when nothing wakes it.
    package var idleInterval: Duration = .milliseconds(250)
    /// How long an empty lane is kept before it is given back.
    package var linger: Duration = .milliseconds(500)
    /// How many lanes one worker holds at most.
    package var lanesMax = 2048
    package var retry = RetryPolicy()

    package init() {}
}
