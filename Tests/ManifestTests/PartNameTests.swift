import Manifest
import Testing

struct PartNameTests {
  @Test(arguments: [
    "train", "Train", "TRAIN", "training", "train_set", "train-set", "trainset", "TrainSet",
    "Training Data", "training_data", "seg_train", "train1", "train2017", "01_train",
    "images.train",
    "Train (80%)", "trainval", "train_val", "trn", "TrainingImages",
  ])
  func `these name what is trained on`(name: String) {
    #expect(PartName(name)?.meaning == .training)
  }

  @Test(arguments: [
    "val", "valid", "validation", "Validation Set", "validation_data", "valset", "dev", "devset",
    "seg_val", "val2017",
  ])
  func `these name what validates`(name: String) {
    #expect(PartName(name)?.meaning == .validation)
  }

  @Test(arguments: ["test", "testing", "Test Data", "testset", "test1", "seg_test", "TESTING_SET"])
  func `these name what is reported at the end`(name: String) {
    #expect(PartName(name)?.meaning == .test)
  }

  @Test(arguments: [
    "trains", "bus", "cat", "invalid", "contest", "latest", "attest", "value", "devil", "restrain",
    "evaluator", "train_test_split", "", "1", "Trainer", "évalué",
  ])
  func `these name no part`(name: String) {
    #expect(PartName(name) == nil)
  }

  @Test func `eval and holdout are what no other folder is`() {
    #expect(PartName.meanings(of: ["train", "eval"]) == [.training, .validation])
    #expect(PartName.meanings(of: ["train", "dev", "eval"]) == [.training, .validation, .test])
    #expect(PartName.meanings(of: ["eval", "test", "train"]) == [.validation, .test, .training])
    #expect(PartName.meanings(of: ["holdout", "train"]) == [.test, .training])
    #expect(
      PartName.meanings(of: ["hold-out", "test", "train"]) == [.validation, .test, .training])
  }

  @Test func `the other words of the names must be the same`() {
    #expect(PartName.meanings(of: ["seg_train", "seg_test"]) == [.training, .test])
    #expect(PartName.meanings(of: ["train", "flowers_test"]) == [.training, .test])
    #expect(PartName.meanings(of: ["steam_train", "crash_test"]) == [nil, nil])
    #expect(PartName.meanings(of: ["bus", "train"]) == [nil, .training])
  }
}
