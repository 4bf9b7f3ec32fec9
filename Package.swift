// swift-tools-version: 6.3
import PackageDescription

let package = Package(
    name: "clearway",
    platforms: [.macOS(.v26)],
    products: [
        .executable(name: "clearway", targets: ["Clearway"])
    ],
    dependencies: [
        // The command line: parsing, help, completion scripts.
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        // HMAC-SHA256 of webhook signatures, SHA-256 fingerprints, constant-time comparison.
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        // Structured logs with one format and one level for every target.
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        // Sockets under hummingbird and async-http-client; locks that ThreadSanitizer understands.
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        // The HTTP server of ingest and of the sandbox.
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        // The HTTP client that talks to Stripe and SFCC: pooling, TLS, HTTP/2, deadlines.
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        // Start, graceful shutdown and signals of long-running processes.
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        // Settings from the environment, files and flags, with secrets marked.
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0"),
        // Queues inside the worker that must be cheap at both ends.
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    ],
    targets: [
        .systemLibrary(
            name: "CLibpq", pkgConfig: "libpq",
            providers: [.apt(["libpq-dev"]), .brew(["libpq"])]),
        .target(
            name: "Postgres",
            dependencies: [
                "CLibpq", .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
            ]),
        .target(
            name: "PaymentEvents",
            dependencies: [.product(name: "Crypto", package: "swift-crypto")]),
        .target(
            name: "QueueSQL", path: "sql",
            resources: [.embedInCode("migrations"), .embedInCode("queries")]),
        .target(
            name: "MessageQueue",
            dependencies: [
                "Postgres", "PaymentEvents", "QueueSQL",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Crypto", package: "swift-crypto"),
            ]),
        .target(
            name: "Delivery",
            dependencies: [
                "MessageQueue", "PaymentEvents",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        .target(
            name: "StripeConnector",
            dependencies: [
                "PaymentEvents", "Delivery",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                // What a failed call's error is called, and the clock of its deadline.
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]),
        .target(
            name: "CommerceCloudConnector",
            dependencies: [
                "PaymentEvents", "Delivery",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]),
        .target(
            name: "FinanceConnector",
            dependencies: ["PaymentEvents", "Delivery"]),
        .target(
            name: "Ingest",
            dependencies: [
                "MessageQueue", "PaymentEvents", "StripeConnector", "Postgres",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        .target(
            name: "Operations",
            dependencies: ["MessageQueue", "PaymentEvents", "Postgres"]),
        .target(
            name: "Sandbox",
            dependencies: [
                "PaymentEvents",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "HeapModule", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        .executableTarget(
            name: "Clearway",
            dependencies: [
                "Postgres", "PaymentEvents", "MessageQueue", "Delivery", "StripeConnector",
                "CommerceCloudConnector", "FinanceConnector", "Ingest", "Operations", "Sandbox",
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ]),
        .target(
            name: "TestSupport",
            dependencies: [
                "Postgres", "MessageQueue", "PaymentEvents",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
            ],
            path: "Tests/TestSupport"),
        .testTarget(name: "ArchitectureTests", path: "Tests/ArchitectureTests"),
        .testTarget(
            name: "PostgresTests",
            dependencies: [
                "Postgres", "TestSupport",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
            ]),
        .testTarget(name: "PaymentEventsTests", dependencies: ["PaymentEvents"]),
        .testTarget(
            name: "MessageQueueTests",
            dependencies: ["MessageQueue", "PaymentEvents", "Postgres", "TestSupport"]),
        .testTarget(
            name: "DeliveryTests",
            dependencies: [
                "Delivery", "MessageQueue", "Postgres", "TestSupport",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
            ]),
        .testTarget(
            name: "ConnectorTests",
            dependencies: [
                "StripeConnector", "CommerceCloudConnector", "FinanceConnector", "Sandbox",
                "PaymentEvents", "Delivery",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ]),
        .testTarget(
            name: "OperationsTests",
            dependencies: [
                "Operations", "MessageQueue", "PaymentEvents", "Postgres", "TestSupport",
            ]),
        .testTarget(
            name: "IngestTests",
            dependencies: [
                "Ingest", "MessageQueue", "PaymentEvents", "Postgres", "TestSupport",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
            ]),
        .testTarget(
            name: "SandboxTests",
            dependencies: [
                "Sandbox",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ]),
        .testTarget(
            name: "SystemTests",
            dependencies: [
                "Clearway", "MessageQueue", "PaymentEvents", "Postgres", "TestSupport", "Sandbox",
            ]),
    ]
)

// One place decides how strictly every target is compiled.
for target in package.targets where target.type != .system {
    target.swiftSettings = [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
        .enableUpcomingFeature("InferIsolatedConformances"),
        .treatAllWarnings(as: .error),
    ]
}
