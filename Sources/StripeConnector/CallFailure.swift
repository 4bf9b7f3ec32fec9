internal import AsyncHTTPClient
import Delivery
import Foundation
internal import NIOCore
internal import NIOPosix
import PaymentEvents

/// A call that brought no whole answer, and whether it can have reached Stripe.
struct CallFailure: Error, Sendable {
    /// False only when the connection was never established, so that nothing can have happened.
    var mayHaveArrived: Bool
    var failure: Failure

    /// Classifies an error of the transport. Anything not known to precede the first byte counts as
    /// possibly arrived.
    init(
        _ error: any Error, httpStatus: Int? = nil, requestID: String? = nil, limit: Int? = nil
    ) {
        mayHaveArrived = httpStatus != nil || !Self.precedesRequest(error)
        let code: String
        let message: String
        switch error {
        case is NIOTooManyBytesError:
            code = "response_too_large"
            message = "Stripe's response is larger than the limit of \(limit ?? 0) bytes"
        case is CancellationError:
            code = "cancelled"
            message = "the call to Stripe was cancelled before its answer came"
        case let error as HTTPClientError:
            code = mayHaveArrived ? "no_response" : "not_connected"
            message = "the call to Stripe failed: \(error.shortDescription)"
        case is NIOConnectionError, is IOError:
            code = mayHaveArrived ? "no_response" : "not_connected"
            message =
                mayHaveArrived
                ? "the connection to Stripe broke" : "no connection to Stripe could be made"
        default:
            code = mayHaveArrived ? "no_response" : "not_connected"
            message = "the call to Stripe failed: \(Redaction.safe(String(describing: error)))"
        }
        failure = Failure(
            cause: mayHaveArrived ? .outcomeUnknown : .providerDown, code: code, message: message,
            httpStatus: httpStatus, requestID: requestID)
    }

    private static func precedesRequest(_ error: any Error) -> Bool {
        if error is NIOConnectionError { return true }
        // Only connect(2) is refused; an established connection is reset.
        if let error = error as? IOError { return error.errnoCode == ECONNREFUSED }
        guard let error = error as? HTTPClientError else { return false }
        return [
            .connectTimeout, .getConnectionFromPoolTimeout, .tlsHandshakeTimeout,
            .socksHandshakeTimeout, .httpProxyHandshakeTimeout, .alreadyShutdown, .invalidURL,
            .emptyHost, .emptyScheme,
        ].contains(error)
    }
}
