"""The stores on DynamoDB, one module for each table or pair of tables that change together."""
