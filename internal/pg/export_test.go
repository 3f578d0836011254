package pg

// ConstraintFields are the constraints that the package explains.
var ConstraintFields = constraintFields
