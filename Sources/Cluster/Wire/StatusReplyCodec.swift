import CWireMessages
import ClusterCore
import Protobuf

extension StatusReply {
  init(_ reply: Tl__Wire__StatusReply) throws(WireError) {
    guard unsafe reply.n_workers <= Limits.workersInStatusMax else {
      throw .outOfRange(field: "number of workers")
    }
    let progress = unsafe CoordinatorSummary(
      step: reply.step, stepsTotal: reply.steps_total, epoch: reply.epoch,
      epochsTotal: reply.epochs_total, samples: reply.samples, featuresKept: reply.features_kept,
      featuresTotal: reply.features_total, undecodable: reply.undecodable,
      workersServing: reply.workers_serving)
    unsafe self.init(
      run: try decodeText(reply.run, "run"), progress: progress,
      trainLoss: try finite(reply.train_loss, "training loss"),
      stepsPerSecond: try finite(reply.steps_per_second, "steps per second"),
      imagesPerSecond: try finite(reply.images_per_second, "images per second"),
      validationAccuracy: try finite(reply.validation_accuracy, "validation accuracy"),
      validationBalancedAccuracy: try finite(
        reply.validation_balanced_accuracy, "balanced validation accuracy"),
      elapsedSeconds: try finite(reply.elapsed_seconds, "elapsed seconds"),
      workers: try mapMessages(reply.workers, count: reply.n_workers, WorkerStatus.init))
  }

  func encode(_ builder: inout MessageBuilder) -> UnsafeMutablePointer<Tl__Wire__StatusReply> {
    precondition(workers.count <= Limits.workersInStatusMax, "more workers than a reply lists")
    let statuses: [UnsafeMutablePointer<Tl__Wire__WorkerStatus>?] =
      unsafe workers.map { unsafe $0.encode(&builder) }
    return unsafe builder.message(
      Tl__Wire__StatusReply(
        base: .init(), run: builder.encodeText(run), step: progress.step,
        steps_total: progress.stepsTotal, epoch: progress.epoch,
        epochs_total: progress.epochsTotal, samples: progress.samples,
        features_kept: progress.featuresKept, features_total: progress.featuresTotal,
        undecodable: progress.undecodable, workers_serving: progress.workersServing,
        train_loss: finiteOrZero(trainLoss), steps_per_second: finiteOrZero(stepsPerSecond),
        images_per_second: finiteOrZero(imagesPerSecond),
        validation_accuracy: finiteOrZero(validationAccuracy),
        elapsed_seconds: finiteOrZero(elapsedSeconds), n_workers: workers.count,
        workers: builder.array(statuses),
        validation_balanced_accuracy: finiteOrZero(validationBalancedAccuracy)),
      tl__wire__status_reply__init)
  }
}

extension WorkerStatus {
  fileprivate init(_ status: Tl__Wire__WorkerStatus) throws(WireError) {
    unsafe self.init(
      name: try decodeText(status.name, "worker's name"),
      threads: status.threads, isServing: status.is_serving != 0, leases: status.leases,
      held: status.held, silentMilliseconds: status.silent_milliseconds)
  }

  fileprivate func encode(
    _ builder: inout MessageBuilder
  ) -> UnsafeMutablePointer<Tl__Wire__WorkerStatus> {
    unsafe builder.message(
      Tl__Wire__WorkerStatus(
        base: .init(),
        name: builder.encodeText(name, byteCountMax: WireLimits.statusNameByteCountMax),
        threads: threads, is_serving: isServing ? 1 : 0, leases: leases, held: held,
        silent_milliseconds: silentMilliseconds),
      tl__wire__worker_status__init)
  }
}

private func finite(_ value: Double, _ field: StaticString) throws(WireError) -> Double {
  guard value.isFinite else { throw .outOfRange(field: "\(field)") }
  return value
}

/// A rate of which nothing is known yet may be a quotient with nothing to divide by.
private func finiteOrZero(_ value: Double) -> Double { value.isFinite ? value : 0 }
