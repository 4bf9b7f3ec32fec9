/// An error of the SFCC double, as RFC 7807 problem details.
struct Problem: Error, Sendable, Equatable {
    var status: Int
    /// The last part of the type's URI, such as `order-not-found`.
    var kind: String
    var title: String
    var detail: String
    var headers: [String: String] = [:]

    var answer: Answer {
        Answer(
            status: status,
            headers: headers.merging(["Content-Type": "application/problem+json"]) { _, new in new
            },
            json: [
                "detail": .string(detail),
                "title": .string(title),
                "type": .string(
                    "https://api.commercecloud.salesforce.com/documentation/error/v1/errors/"
                        + kind),
            ])
    }

    static func badRequest(_ detail: String) -> Problem {
        Problem(status: 400, kind: "bad-request", title: "Bad Request", detail: detail)
    }

    static func unknownAttribute(_ name: String, site: String) -> Problem {
        Problem(
            status: 400, kind: "unknown-property", title: "Unknown Property",
            detail: "Decoding of the property with path '$.\(name)' failed because no attribute "
                + "'\(name.dropFirst(2))' is defined for object type 'Order' of site '\(site)'.")
    }

    static func readOnly(_ name: String) -> Problem {
        Problem(
            status: 400, kind: "unknown-property", title: "Unknown Property",
            detail: "The property '$.\(name)' is unknown or cannot be written; only custom "
                + "properties (c_*) can be updated.")
    }

    static func unauthorized(_ detail: String) -> Problem {
        Problem(
            status: 401, kind: "unauthorized", title: "Unauthorized", detail: detail,
            headers: ["WWW-Authenticate": "Bearer"])
    }

    static func forbidden(_ detail: String) -> Problem {
        Problem(status: 403, kind: "forbidden", title: "Forbidden", detail: detail)
    }

    static func orderNotFound(_ orderNo: String) -> Problem {
        Problem(
            status: 404, kind: "order-not-found", title: "Order Not Found",
            detail: "No order with number '\(orderNo)' was found.")
    }

    static func siteNotFound(_ site: String) -> Problem {
        Problem(
            status: 404, kind: "site-not-found", title: "Site Not Found",
            detail: "No site with ID '\(site)' was found.")
    }

    static func notFound(_ path: String) -> Problem {
        Problem(
            status: 404, kind: "not-found", title: "Not Found", detail: "No resource at '\(path)'.")
    }

    static func statusTransition(from: String, to: String, orderNo: String) -> Problem {
        Problem(
            status: 409, kind: "order-status-transition", title: "Order Status Transition",
            detail: "The order status change from '\(from)' to '\(to)' for order with number "
                + "'\(orderNo)' isn't supported.")
    }

    static let rateLimited = Problem(
        status: 429, kind: "too-many-requests", title: "Too Many Requests",
        detail: "The rate limit of this client is exceeded.", headers: ["Retry-After": "1"])

    static let serverError = Problem(
        status: 500, kind: "internal-server-error", title: "Internal Server Error",
        detail: "An internal error occurred. (sandbox fault)")

    static let unavailable = Problem(
        status: 503, kind: "service-unavailable", title: "Service Unavailable",
        detail: "The service is temporarily unavailable. (sandbox fault)")

    static let throttled = Problem(
        status: 503, kind: "service-unavailable", title: "Service Unavailable",
        detail: "The request was shed because of load.",
        headers: ["sfdc_load": "94", "sfdc_load_status": "THROTTLE"])

    static let gatewayTimeout = Problem(
        status: 504, kind: "gateway-timeout", title: "Gateway Timeout",
        detail: "The request took longer than 60 seconds. (sandbox fault)")
}
