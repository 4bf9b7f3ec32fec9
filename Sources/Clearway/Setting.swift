/// One setting: its name, what it may be, and what it does. The README's table is made from these.
struct Setting: Sendable {
    enum Kind: Sendable {
        case text
        case integer(ClosedRange<Int>)
        case duration(ClosedRange<Int>)
        case boolean
        case choice([String])
        /// Several, separated by commas.
        case list
    }

    let name: String
    let kind: Kind
    let standard: String?
    /// Read from the environment, from a file named by `NAME_FILE`, and never printed.
    let isSecret: Bool
    let doc: String

    init(
        _ name: String, _ kind: Kind, default standard: String? = nil, isSecret: Bool = false,
        _ doc: String
    ) {
        self.name = name
        self.kind = kind
        self.standard = standard
        self.isSecret = isSecret
        self.doc = doc
    }

    /// The kind and its range, in words.
    var typeText: String {
        switch kind {
        case .text: "text"
        case .integer(let range): "\(range.lowerBound) to \(range.upperBound)"
        case .duration(let range): "\(range.lowerBound) to \(range.upperBound) s"
        case .boolean: "true or false"
        case .choice(let values): values.joined(separator: ", ")
        case .list: "list, comma-separated"
        }
    }
}

extension Setting {
    static let databaseURL = Setting(
        "DATABASE_URL", .text, isSecret: true,
        "PostgreSQL, as a URL or key=value string; everything libpq knows works.")
    static let listenURL = Setting(
        "CLEARWAY_LISTEN_URL", .text, isSecret: true,
        "A direct connection for wake-ups when DATABASE_URL goes through PgBouncer.")
    static let namedStatements = Setting(
        "CLEARWAY_NAMED_STATEMENTS", .boolean, default: "true",
        "Set to false behind PgBouncer in transaction mode.")
    static let ingestHost = Setting(
        "CLEARWAY_INGEST_HOST", .text, default: "127.0.0.1",
        "The address serve listens on; 0.0.0.0 in a container.")
    static let ingestPort = Setting(
        "CLEARWAY_INGEST_PORT", .integer(0...65535), default: "8080",
        "The port serve listens on; 0 lets the system choose.")
    static let ingestBodyMax = Setting(
        "CLEARWAY_INGEST_BODY_MAX", .integer(1024...67_108_864), default: "5242880",
        "The largest request body, in bytes.")
    static let ingestSecrets = Setting(
        "CLEARWAY_INGEST_SECRETS", .list, isSecret: true,
        "The secrets that sign POST /v1/events; several while one is rolled.")
    static let stripeAPIBase = Setting(
        "CLEARWAY_STRIPE_API_BASE", .text, default: "https://api.stripe.com",
        "Stripe's API, or a sandbox's.")
    static let stripeSecretKey = Setting(
        "CLEARWAY_STRIPE_SECRET_KEY", .text, isSecret: true,
        "The account's key (sk_… or rk_…); work needs it.")
    static let stripeWebhookSecrets = Setting(
        "CLEARWAY_STRIPE_WEBHOOK_SECRETS", .list, isSecret: true,
        "The signing secrets (whsec_…) of the webhook endpoint; several while one is rolled.")
    static let stripeAccount = Setting(
        "CLEARWAY_STRIPE_ACCOUNT", .text,
        "The account (acct_…): the last part of the webhook's path, and in idempotency keys.")
    static let commerceCloudAPIBase = Setting(
        "CLEARWAY_COMMERCE_CLOUD_API_BASE", .text,
        "SCAPI, such as https://kv7kzm78.api.commercecloud.salesforce.com.")
    static let commerceCloudTokenURL = Setting(
        "CLEARWAY_COMMERCE_CLOUD_TOKEN_URL", .text,
        default: "https://account.demandware.com/dwsso/oauth2/access_token",
        "Where tokens come from.")
    static let commerceCloudClientID = Setting(
        "CLEARWAY_COMMERCE_CLOUD_CLIENT_ID", .text, "The API client.")
    static let commerceCloudClientSecret = Setting(
        "CLEARWAY_COMMERCE_CLOUD_CLIENT_SECRET", .text, isSecret: true,
        "The API client's password.")
    static let commerceCloudOrganizationID = Setting(
        "CLEARWAY_COMMERCE_CLOUD_ORGANIZATION_ID", .text,
        "The organization, such as f_ecom_zzrf_001.")
    static let tenant = Setting(
        "CLEARWAY_TENANT", .text, "The tenant of the Stripe account and the SFCC organization.")
    static let workerConcurrency = Setting(
        "CLEARWAY_WORKER_CONCURRENCY", .integer(1...4096), default: "16",
        "Deliveries under way at once, per destination and process.")
    static let workerLease = Setting(
        "CLEARWAY_WORKER_LEASE", .duration(2...300), default: "10",
        "How long a dead worker's lanes stay with it.")
    static let logLevel = Setting(
        "CLEARWAY_LOG_LEVEL",
        .choice(["trace", "debug", "info", "notice", "warning", "error", "critical"]),
        default: "info", "What is logged.")
    static let logFormat = Setting(
        "CLEARWAY_LOG_FORMAT", .choice(["text", "json"]), default: "text",
        "How it is logged, to standard error.")

    /// Every setting, in the order of the table.
    static let all: [Setting] = [
        databaseURL, listenURL, namedStatements, ingestHost, ingestPort, ingestBodyMax,
        ingestSecrets, stripeAPIBase, stripeSecretKey, stripeWebhookSecrets, stripeAccount,
        commerceCloudAPIBase, commerceCloudTokenURL, commerceCloudClientID,
        commerceCloudClientSecret, commerceCloudOrganizationID, tenant, workerConcurrency,
        workerLease, logLevel, logFormat,
    ]
}
