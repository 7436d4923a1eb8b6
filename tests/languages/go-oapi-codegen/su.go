// Needs ./su, made by: go tool oapi-codegen -generate types,client -package su -o su/client.go openapi-3.0/su.yaml
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"
	"strconv"

	"example/su"
)

func main() {
	baseURL := os.Getenv("SU_SANDBOX_BASE_URL")
	client, err := su.NewClientWithResponses(baseURL)
	if err != nil {
		log.Fatal("su: ", err)
	}

	// The generated code encodes the domain in base64 itself, but only if the description is OpenAPI 3.0.
	response, err := client.GenerateAccessTokenWithResponse(context.Background(), &su.GenerateAccessTokenParams{
		ClientId:     []byte(os.Getenv("SU_SANDBOX_CLIENT_ID")),
		ClientSecret: os.Getenv("SU_SANDBOX_CLIENT_SECRET"),
	})
	if err != nil {
		log.Fatal("su: ", err)
	}
	if response.JSON200 == nil {
		var rejection struct{ Errors []struct{ Code string } }
		json.Unmarshal(response.Body, &rejection)
		log.Fatal("su: no token, code ", rejection.Errors)
	}
	data := response.JSON200.Data
	if data == nil { // `Data`, as the provider's page spells it: Go ignores the case of a field
		var capitalized struct{ Data su.TokenData }
		json.Unmarshal(response.Body, &capitalized)
		data = &capitalized.Data
	}
	if data.Token == nil {
		log.Fatal("su: no token in the response")
	}
	lifetime := 3600
	if data.ExpireIn != nil {
		if seconds, _ := strconv.Atoi(*data.ExpireIn); seconds > 0 {
			lifetime = seconds
		}
	}

	// The emulator's echo API stands for the API that you want to use.
	request, _ := http.NewRequest("GET", baseURL+"/echo", nil)
	request.Header.Set("Authorization", "Bearer "+*data.Token)
	apiResponse, err := http.DefaultClient.Do(request)
	if err != nil {
		log.Fatal("su: ", err)
	}
	fmt.Printf("su: a token for %d s, the API responded with %d\n", lifetime, apiResponse.StatusCode)
}
