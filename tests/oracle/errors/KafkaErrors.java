/* SPDX-License-Identifier: Apache-2.0 */

import org.apache.kafka.common.errors.RefreshRetriableException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.protocol.Errors;

/** Prints a line "CODE NAME RETRIABLE REFRESH TEXT" for each error of the protocol; the text is Kafka's message. */
public class KafkaErrors {
    public static void main(String[] arguments) {
        for (Errors error : Errors.values()) {
            Exception exception = error.exception();
            System.out.println(error.code() + " " + error + " " + (exception instanceof RetriableException) + " "
                + (exception instanceof RefreshRetriableException) + " " + error.message().replace('\n', ' '));
        }
    }
}
