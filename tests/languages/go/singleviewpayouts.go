// Needs ./singleviewpayouts, made by: openapi-generator-cli generate --skip-validate-spec -g go -i singleviewpayouts.yaml -o singleviewpayouts -p packageName=singleviewpayouts,withGoMod=false
package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"strconv"
	"time"

	"example/singleviewpayouts"
)

func main() {
	configuration := singleviewpayouts.NewConfiguration()
	configuration.Servers = singleviewpayouts.ServerConfigurations{{URL: os.Getenv("SINGLEVIEWPAYOUTS_SANDBOX_BASE_URL")}}
	client := singleviewpayouts.NewAPIClient(configuration)

	company := os.Getenv("SINGLEVIEWPAYOUTS_SANDBOX_COMPANY_ID")
	reference := make([]byte, 8)
	_, _ = rand.Read(reference) // 16 letters and digits, new for each request
	tokenRequest := singleviewpayouts.NewTokenRequest(os.Getenv("SINGLEVIEWPAYOUTS_SANDBOX_CLIENT_ID"), os.Getenv("SINGLEVIEWPAYOUTS_SANDBOX_CLIENT_CODE"), "client_credentials")
	response, _, err := client.TokenAPI.GenerateToken(context.Background()).CompanyId(company).Device("Web").
		SVReferenceID(hex.EncodeToString(reference)).DateTimeStamp(time.Now().UTC().Format("2006-01-02T15:04:05")).
		TokenRequest(*tokenRequest).Execute()

	var failed *singleviewpayouts.GenericOpenAPIError
	if errors.As(err, &failed) {
		rejection, _ := failed.Model().(singleviewpayouts.ErrorResponse)
		log.Fatal("singleviewpayouts: no token, code ", rejection.GetErrorCode())
	} else if err != nil {
		log.Fatal("singleviewpayouts: ", err)
	}
	if response.GetAccessToken() == "" { // a rejection may be a 200
		log.Fatal("singleviewpayouts: no token, code ", response.GetErrorCode())
	}

	lifetime, _ := strconv.Atoi(response.GetExpiresIn())
	if lifetime <= 0 {
		lifetime = 3600
	}

	// The emulator's echo API stands for the API that you want to use.
	request, _ := http.NewRequest("GET", os.Getenv("SINGLEVIEWPAYOUTS_SANDBOX_BASE_URL")+"/echo", nil)
	request.Header.Set("Authorization", "Bearer "+response.GetAccessToken())
	request.Header.Set("CompanyId", company)
	apiResponse, err := http.DefaultClient.Do(request)
	if err != nil {
		log.Fatal("singleviewpayouts: ", err)
	}
	fmt.Printf("singleviewpayouts: a token for %d s, the API responded with %d\n", lifetime, apiResponse.StatusCode)
}
